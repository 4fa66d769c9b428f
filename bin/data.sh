# Finds ccmeter's data folder. Sourced by bin/ccmeter and the hooks. POSIX sh, builtins only.

# Sets data: the answer of ccmeter.paths and of platformdirs. Returns 1 where it takes HOME to
# tell, and HOME is not set.
find_data() {
  data=${CCMETER_HOME:-}
  case $data in
    '') default_data ;;
    '~' | '~/'*) data=${HOME:-}${data#?} ;;
    /*) ;;
    *) data=$PWD/$data ;;
  esac
}

default_data() {
  if [ -e /System/Library/CoreServices/SystemVersion.plist ]; then # macOS; uname would be a process
    data="${HOME:-}/Library/Application Support/ccmeter"
  else
    case ${XDG_DATA_HOME:-} in
      /*) data=$XDG_DATA_HOME/ccmeter && return ;;
      *) data=${HOME:-}/.local/share/ccmeter ;; # a relative one is to be ignored, it is specified
    esac
  fi
  [ -n "${HOME:-}" ]
}
