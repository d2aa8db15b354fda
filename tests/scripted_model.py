"""A loaded model that answers what it is told to, on the small tokenizer."""

from codegen.document import Document
from codegen.engine.scripted import ScriptedBackend
from codegen.loaded import LoadedModel
from codegen.prompt.families import recognise
from codegen.prompt.healing import Vocabulary, heal
from codegen.prompt.tokenizer import Tokenizer, scalar


def scripted_model(
    tokenizer: Tokenizer,
    vocabulary: Vocabulary,
    document: Document,
    *answers: str | list[int],
    window: int = 2048,
    notes: tuple[str, ...] = (),
) -> LoadedModel:
    """A model whose samples write the answers at the document's cursor.

    An answer is a text, which is spelled as the tokenizer would write it after what healing
    forces; or the ids themselves.
    """
    forced = heal(tokenizer, scalar(document.before).encode()).forced.decode()
    return LoadedModel(
        name="scripted",
        backend=ScriptedBackend(
            [
                tokenizer.encode(forced + answer) if isinstance(answer, str) else answer
                for answer in answers
            ],
            window=window,
        ),
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        family=recognise(tokenizer.special_ids),
        device="cpu",
        notes=notes,
    )
