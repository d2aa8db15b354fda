"""`codegen doctor`: check that everything works here, and say what to do about problems."""

import dataclasses
import json
import textwrap

import click

from codegen.cli.options import device_option, model_option, offline_option, user_settings
from codegen.cli.quiet import quiet_option, stderr_progress
from codegen.cli.terminal import visible

_SCHEMA = 1
_FAILED = 4
_NO_MODEL = 3
_NAMES = 16  # columns for the longest name of a check
_SHOWN = {"ok": "ok", "warning": "warning", "failed": "FAILED"}


@click.command()
@quiet_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
@offline_option
def command(*, as_json: bool, model: str | None, device: str | None, offline: bool) -> int:
    """Check that everything works here, and say what to do about problems.

    Nothing is fetched or exported. The exit code is 3 if there is no usable model, and 4 if
    another check failed.
    """
    from codegen.doctor.checks import MODEL, Check  # noqa: PLC0415 - heavy, see --help
    from codegen.doctor.examine import examine  # noqa: PLC0415

    settings = user_settings(model=model, device=device, offline=offline)
    checks: list[Check] = []
    for check in examine(settings, stderr_progress()):
        checks.append(check)
        if not as_json:
            _show(check.name, _SHOWN[check.status], check.detail, check.advice)
    failed = {check.name for check in checks if check.status == "failed"}
    code = _NO_MODEL if MODEL in failed else _FAILED if failed else 0
    if as_json:
        shown = [dataclasses.asdict(check) for check in checks]
        print(json.dumps({"schema": _SCHEMA, "exit_code": code, "checks": shown}, indent=1))
    return code


def _show(name: str, status: str, detail: str, advice: str | None) -> None:
    print(f"{name:{_NAMES}} {status:8} {visible(detail)}", flush=True)
    if advice is not None:
        print(textwrap.indent(visible(advice), " " * (_NAMES + 10)), flush=True)
