#!/bin/sh
# Sets Otoscope up in a virtual environment, then runs it:
#   sh otoscope.sh run [arguments of otoscope]     the window; without a screen the headless demonstration
#   sh otoscope.sh test [arguments of pytest]      every check; with arguments, only those tests
#   sh otoscope.sh long                            the tests that take minutes
#   sh otoscope.sh bench [NAME] [--json]           the benchmarks
#   sh otoscope.sh setup                           the set-up alone
# OTOSCOPE_VENV        where the virtual environment lies (default: .venv beside this file)
# OTOSCOPE_TORCH_INDEX the package index that torch is taken from (a CPU-only build, say)
# PYTHON               the interpreter to build it with (default: the first python3 of 3.11 or newer)
set -eu

root=$(cd "$(dirname "$0")" && pwd)
venv=${OTOSCOPE_VENV:-$root/.venv}
bin=$venv/bin

# What PySide6 and PortAudio need on a bare Debian; and what the tests drive the window and the sound with.
window_packages="libegl1 libgl1 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libxcb-cursor0
libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-image0 libxcb-render-util0 libxcb-xinerama0 libglib2.0-0
libportaudio2 libasound2-plugins"
test_packages="xvfb xdotool pulseaudio"

say() { printf '%s\n' "otoscope: $*" >&2; }

usable() { command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if usable "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
}

# Prints those of its arguments that dpkg does not have installed.
absent() {
    for package in "$@"; do
        case $(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null) in
            *installed*) ;;
            *) # Debian 13 added t64 to the names of some libraries.
                case $(dpkg-query -W -f '${db:Status-Status} ' "${package}t64" 2>/dev/null) in
                    *installed*) ;;
                    *) printf '%s ' "$package" ;;
                esac ;;
        esac
    done
}

# Installs Debian packages where that is allowed; otherwise prints the line that does it, and goes on.
install_packages() {
    command -v dpkg-query >/dev/null 2>&1 || return 0
    missing=$(absent "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then
        as_root="env"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        say "these Debian packages are missing; install them with:"
        say "  sudo apt-get install $missing"
        return 0
    fi
    say "installing Debian packages: $missing"
    $as_root apt-get update -qq || true
    # shellcheck disable=SC2086 # the list is meant to be split
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        say "that failed; do it by hand: sudo apt-get install $missing"
}

make_venv() {
    [ -x "$bin/python" ] && "$bin/python" -m pip --version >/dev/null 2>&1 && return
    python=$(find_python)
    if [ -z "$python" ]; then
        install_packages python3 python3-venv
        python=$(find_python)
    fi
    if [ -z "$python" ]; then
        say "Python 3.11 or newer is needed, and was not found; set PYTHON to one."
        exit 1
    fi
    # Debian's python3 has venv without ensurepip: the package python3-venv brings it.
    "$python" -c 'import venv, ensurepip' 2>/dev/null || install_packages python3-venv
    "$python" -m venv "$venv" || {
        say "no virtual environment could be made in $venv; on Debian: sudo apt-get install python3-venv"
        exit 1
    }
}

# set_up KIND: everything that `run` or `test` needs; at once when nothing changed since the last time.
set_up() {
    stamp=$venv/otoscope-$1
    wanted="$(cat "$root/pyproject.toml" "$root/otoscope.sh" | cksum) $root"
    [ -x "$bin/python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
    # shellcheck disable=SC2086
    if [ "$1" = test ]; then install_packages $window_packages $test_packages; else install_packages $window_packages; fi
    make_venv
    say "installing Python packages in $venv (the first time this takes minutes)"
    if [ -n "${OTOSCOPE_TORCH_INDEX:-}" ]; then
        "$bin/python" -m pip install -q --index-url "$OTOSCOPE_TORCH_INDEX" "torch==2.13.0"
    else
        "$bin/python" -m pip install -q "torch==2.13.0"
    fi
    if [ "$1" = test ]; then extras="[test]"; else extras=""; fi
    "$bin/python" -m pip install -q -e "$root$extras"
    # PESQ comes as source alone; without a compiler that metric is absent, and all else works.
    if command -v cc >/dev/null 2>&1; then
        "$bin/python" -m pip install -q -e "$root[quality]" || say "pesq could not be built: PESQ will be absent"
    fi
    printf '%s\n' "$wanted" >"$stamp"
}

has_screen() { [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ "$(uname)" = Darwin ]; }

check() {
    say "$*"
    "$@" || failed="$failed
  $*"
}

run_tests() {
    cd "$root"
    if [ "$#" -gt 0 ]; then exec "$bin/python" -m pytest "$@"; fi
    failed=""
    check "$bin/ruff" check .
    check "$bin/ruff" format --check .
    check "$bin/mypy"
    check "$bin/lint-imports"
    # What only computes, in two processes, a file at a time; then what has to be alone.
    check "$bin/python" -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "not long and not alone"
    check "$bin/python" -m pytest -q -m "alone and not long"
    if [ -n "$failed" ]; then
        say "failed:$failed"
        exit 1
    fi
    say "all checks passed"
}

command=${1:-run}
[ "$#" -eq 0 ] || shift
case $command in
    run)
        set_up run
        if [ "$#" -eq 0 ] && ! has_screen; then
            say "no screen here: showing the same work headless"
            exec "$bin/otoscope" demo --out out
        fi
        exec "$bin/otoscope" "$@"
        ;;
    test) set_up test && run_tests "$@" ;;
    long) set_up test && run_tests -m long "$@" ;;
    bench) set_up test && exec "$bin/otoscope" bench "$@" ;;
    setup) set_up run ;;
    *)
        say "unknown command '$command'; use run, test, long, bench or setup"
        exit 2
        ;;
esac
