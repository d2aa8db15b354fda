"""Compute paths: which of a model's graphs computes a call.

The same int4 weights serve several graphs that differ in how MatMulNBits computes
(`accuracy_level`): l4 rounds activations to int8, l1 multiplies in fp32. Which is faster depends
on the machine and on how many tokens a call carries, by a factor of up to thirty, so it is
measured (`codegen.engine.measuring`) and not assumed.
"""

from collections.abc import Collection
from dataclasses import dataclass

from codegen.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ComputePaths:
    """The path for single tokens, and the path for calls of `switch` tokens or more."""

    decode: str
    prefill: str
    switch: int = 2

    def of(self, tokens: int) -> str:
        """The path of a call with `tokens` tokens, counted over all rows."""
        return self.prefill if tokens >= self.switch else self.decode

    @property
    def used(self) -> tuple[str, ...]:
        """The paths without repetition: one or two."""
        return tuple(dict.fromkeys((self.decode, self.prefill)))

    def __str__(self) -> str:
        """The paths as they are written in the setting `compute_path`."""
        if self.decode == self.prefill:
            return self.decode
        return f"{self.decode}+{self.prefill}@{self.switch}"


def parse_paths(text: str, known: Collection[str]) -> ComputePaths:
    """Reads `l4`, or `l4+l1@32` (single tokens by l4, calls of 32 tokens or more by l1).

    Raises:
        ConfigError: not of that form, or a path that the model doesn't have.
    """
    decode, _, rest = text.partition("+")
    prefill, _, switch = rest.partition("@")
    paths = ComputePaths(
        decode=decode,
        prefill=prefill or decode,
        switch=int(switch) if switch.isdecimal() and int(switch) > 1 else 2,
    )
    if str(paths) not in {text, f"{text}@2"} or not set(paths.used) <= set(known):
        raise ConfigError(
            f"compute path {text!r}: this model has {', '.join(sorted(known))}; write one of "
            "them, or two as in l4+l1@32"
        )
    return paths
