"""What one worker of the sandbox may use."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one trajectory; the kernel or the host enforces each."""

    soft_seconds: float = 10.0
    """Time of a step after which it is interrupted and its variables kept; time inside tools does not count."""
    hard_seconds: float = 13.0
    """Time of a step after which the worker is killed; time inside tools does not count."""
    memory_bytes: int = 3 * 1024 * MIB
    """Address space of the worker, the preloaded libraries included (about 1 GiB)."""
    file_bytes: int = 64 * MIB
    """Largest file that code or a tool may write, or a tool may read."""
    folder_bytes: int = 256 * MIB
    """Sum of all files of the trajectory's folder."""
    output_chars: int = 20_000
    """Characters of printed text that are kept per step."""
    tool_calls_per_step: int = 100
    threads: int = 500
    """Threads that the code of one trajectory may start in all."""
    open_files: int = 128


DEFAULT_LIMITS = Limits()
