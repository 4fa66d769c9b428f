# Finds or builds a virtual environment. Sourced by bin/ccmeter and tests/run, which set root.
# POSIX sh; read_key and find_env are on the warm path and use builtins only.

say() { printf 'ccmeter: %s\n' "$1" >&2; }

fail() {
  say "$1"
  exit 1
}

# Sets key to the lines of pyproject.toml that decide what is installed, joined.
read_key() {
  key='' section='' list=''
  while IFS= read -r line; do
    case $section$line in
      '[project]') section=project: ;;
      'project:['*) break ;;
      project:version* | project:requires-python*) key="$key$line;" ;;
      project:dependencies*']') key="$key$line;" ;;
      project:dependencies*) key=$key$line list=1 ;;
      'project:]'*) [ -z "$list" ] || key="$key];" list='' ;;
      project:*) [ -z "$list" ] || key=$key$line ;;
    esac
  done <"$root/pyproject.toml"
}

# find_env FOLDER: sets venv to the environment in it that was built for key, or returns 1.
find_env() {
  for venv in "$1"/*; do
    [ -x "$venv/bin/python" ] || continue # also when the Python it links to is gone
    stamp=''
    { IFS= read -r stamp <"$venv/stamp"; } 2>/dev/null
    [ "$stamp" != "$key" ] || return 0
  done
  return 1
}

# build_env FOLDER NOTICE [GROUP]: builds one for key, sets venv, or exits with one line.
build_env() {
  find_python
  say "$2"
  "$python" -I -B "$root/bin/build_env.py" "$root/pyproject.toml" "$1" "$key" ${3:+"$3"} \
    </dev/null >&2 || exit $?
  find_env "$1" || fail "the environment built in $1 is not usable; remove that folder and try again"
}

# Sets python to the newest one that will do, or exits with one line that says what to install.
find_python() {
  python='' bare=''
  for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
    found=$(command -v "$name") || continue
    # Apple's stub opens a dialog instead of running, and what it would run is too old
    [ "$found" != /usr/bin/python3 ] || [ ! -d /System/Library/CoreServices ] || continue
    probe "$found"
    case $? in
      0) python=$found && return ;;
      4) bare=${bare:-$found} ;;
    esac
  done
  if command -v uv >/dev/null; then
    python=${bare:-$(python_of_uv)} # uv needs neither venv nor pip
  fi
  [ -z "$python" ] || return 0
  debian='Debian, Ubuntu: apt install' mac='macOS: brew install python'
  [ -z "$bare" ] || fail "$bare lacks venv: install it ($debian python3-venv; $mac), or install uv"
  fail "needs Python 3.11 or newer: install it ($debian python3 python3-venv; $mac), or install uv"
}

# probe PYTHON: returns 0 if it will do, 4 if only venv is missing.
probe() {
  "$1" -I -c 'if True:
    import sys
    if sys.version_info < (3, 11): sys.exit(3)
    import sqlite3, ssl
    try: import ensurepip, venv
    except ImportError: sys.exit(4)' </dev/null >/dev/null 2>&1
}

# Prints the path of a Python that uv has or can fetch, or nothing.
python_of_uv() {
  cd / || return # no project around the user may choose it
  uv python find --system '>=3.11' 2>/dev/null && return
  say 'no Python 3.11 or newer here; uv fetches one ...'
  uv python install --quiet 3.13 >/dev/null 2>&1 </dev/null
  uv python find --system '>=3.11' 2>/dev/null
}
