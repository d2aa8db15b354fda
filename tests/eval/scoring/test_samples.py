"""Files of samples."""

import pytest

from codegen_eval.errors import DataError
from codegen_eval.scoring.samples import read_submissions


@pytest.mark.parametrize(
    "line", ["x", "[]", "{}", '{"task_id": 1, "completion": ""}', '{"task_id": "x"}']
)
def test_samples_that_are_none(tmp_path, line):
    path = tmp_path / "samples.jsonl"
    path.write_text('{"task_id": "a", "completion": ""}\n\n' + line + "\n")
    with pytest.raises(DataError, match="line 3"):
        read_submissions(path)
