"""What is suggested at a document's cursor for what a model wrote."""

from codegen.context.hole import find_hole
from codegen.document import Document
from codegen.postprocess.growth import Growth
from codegen.postprocess.joint import join
from codegen.postprocess.pipeline import Rejection, Suggestion, postprocess


def fill(
    document: Document, text: str, *, stopped: bool = True, cut_off: bool = False
) -> Suggestion | Rejection:
    """Applies all rules."""
    joint = join(document, find_hole(document))
    return postprocess(text, joint, Growth(document), stopped=stopped, cut_off=cut_off)
