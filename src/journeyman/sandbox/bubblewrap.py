"""How bubblewrap is called: what of this machine the sandbox may see, and nothing else."""

import shutil
import site
import sys
import sysconfig
from pathlib import Path

from journeyman.errors import SandboxError

SESSIONS = "/sessions"
_CODE = "/opt/journeyman"
_PYTHON = "/opt/python"
_LIBRARIES = "/opt/libraries"
_INSIDE = "journeyman/sandbox/inside"
_SCRATCH_BYTES = 64 * 1024 * 1024

# Python and its libraries, all inside: nothing of the host's environment is handed on.
_ENVIRONMENT = {
    "HOME": "/tmp",  # noqa: S108 - the worker's own
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "TZ": "UTC",
    "PYTHONPATH": _CODE,
    # Equal code sees sets in equal order on every run.
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108
    # Threads and their arenas count against the address-space limit.
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
ENVIRONMENT_NAMES = frozenset({*_ENVIRONMENT, "LD_LIBRARY_PATH", "PWD"})
"""All that may be in the environment inside; bwrap sets PWD."""
_DEVICES = ("null", "zero", "full", "random", "urandom")
# CAP_SYS_ADMIN mounts and makes namespaces for workers, CAP_SETPCAP takes both away from them.
_ZYGOTE_CAPABILITIES = ("CAP_SYS_ADMIN", "CAP_SETPCAP")

INSTALL = "`apt-get install bubblewrap`"
ALLOW_NAMESPACES = (
    "allow unprivileged user namespaces (`sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000`, "
    "on Ubuntu also `kernel.apparmor_restrict_unprivileged_userns=0`), or in a container run it with "
    "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined`"
)


def command(home: Path, control: int) -> list[str]:
    """The argument vector that starts the zygote; start it with an empty environment.

    An empty one, because /proc/1/environ shows what bwrap was started with even after ``--clearenv``.
    The sandbox has no /proc at all: nothing that code here may do needs one.

    Args:
        home: Directory of the session folders; the zygote alone sees it, as ``/sessions``.
        control: Descriptor of the zygote's end of the control socket, inherited.

    Raises:
        SandboxError: bubblewrap is not installed, or this Python cannot be shown inside.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError(f"bubblewrap is not installed, and code is not run without it; {INSTALL}")
    base = Path(sys.base_prefix).resolve()
    libraries = _libraries(base)
    arguments = [bwrap, "--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534"]
    arguments += ["--hostname", "sandbox", "--die-with-parent", "--as-pid-1", "--new-session"]
    arguments += ["--cap-drop", "ALL"]
    for capability in _ZYGOTE_CAPABILITIES:
        arguments += ["--cap-add", capability]
    arguments += _system()
    if not base.is_relative_to("/usr"):
        arguments += ["--ro-bind", str(base), _PYTHON]
    arguments += ["--ro-bind", str(Path(__file__).parent / "inside"), f"{_CODE}/{_INSIDE}"]
    for shown, path in libraries.items():
        if shown.startswith(_LIBRARIES):
            arguments += ["--ro-bind", str(path), shown]
    arguments += ["--bind", str(home), SESSIONS, "--dir", "/job"]
    # An unsized tmpfs may take half of the machine's memory.
    for scratch in ("/tmp", "/dev/shm"):  # noqa: S108
        arguments += ["--size", str(_SCRATCH_BYTES), "--tmpfs", scratch]
    arguments += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
    for name, value in (_ENVIRONMENT | _linker(base)).items():
        arguments += ["--setenv", name, value]
    python = _shown(Path(getattr(sys, "_base_executable", sys.executable)).resolve(), base)
    # Not -I: it would also ignore PYTHONHASHSEED. -P and -S keep the working directory and .pth files out.
    program = [python, "-B", "-P", "-S", "-X", "utf8", "-m", "journeyman.sandbox.inside.zygote", str(control)]
    return [*arguments, "--", *program, *libraries]


def _system() -> list[str]:
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            arguments += ["--ro-bind", str(path), str(path)]
    for path in map(Path, ("/etc/fonts", "/etc/alternatives", "/etc/ld.so.cache")):
        if path.exists():
            arguments += ["--ro-bind", str(path), str(path)]
    arguments += ["--tmpfs", "/dev"]
    for device in _DEVICES:
        arguments += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    return arguments


def _libraries(base: Path) -> dict[str, Path]:
    """Directories of installed packages, by where they are seen inside; editable installs are left out."""
    candidates = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        candidates.append(site.getusersitepackages())
    found: dict[str, Path] = {}
    for path in dict.fromkeys(Path(candidate).resolve() for candidate in candidates):
        if path.is_dir():
            shown = f"{_LIBRARIES}/{len(found)}"
            if path.is_relative_to("/usr") or path.is_relative_to(base):
                shown = _shown(path, base)
            found[shown] = path
    return found


def _shown(path: Path, base: Path) -> str:
    if path.is_relative_to("/usr"):
        return str(path)
    if not path.is_relative_to(base):
        raise SandboxError(f"{path} is not below {base}, so the sandbox cannot show it; use another Python")
    return f"{_PYTHON}/{path.relative_to(base).as_posix()}"


def _linker(base: Path) -> dict[str, str]:
    # A shared libpython is found by an absolute path, which is another one inside.
    return {} if base.is_relative_to("/usr") else {"LD_LIBRARY_PATH": f"{_PYTHON}/lib"}
