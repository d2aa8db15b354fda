"""A loaded model that answers what it is told to, on the small tokenizer."""

from dataclasses import replace

from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.document import Document
from codegen.engine.scripted import ScriptedBackend
from codegen.local.model import LocalModel
from codegen.prompt.families import recognise
from codegen.prompt.healing import Vocabulary
from codegen.prompt.tokenizer import Tokenizer


def scripted_model(
    tokenizer: Tokenizer,
    vocabulary: Vocabulary,
    document: Document,
    *answers: str | list[int],
    window: int = 2048,
    notes: tuple[str, ...] = (),
) -> LocalModel:
    """A model whose samples write the answers at the document's cursor.

    An answer is a text, which is spelled as the tokenizer would write it after what healing
    forces; or the ids themselves.
    """
    model = LocalModel(
        name="scripted",
        backend=ScriptedBackend([], window=window),
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        family=recognise(tokenizer.special_ids),
        device="cpu",
        notes=notes,
    )
    forced = model.plan(prepare(document, CompletionOptions(max_tokens=1))).prompt.forced.decode()
    script = [
        tokenizer.encode(forced + answer) if isinstance(answer, str) else answer
        for answer in answers
    ]
    return replace(model, backend=ScriptedBackend(script, window=window))
