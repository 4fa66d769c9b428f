#!/bin/sh
# ccmeter's statusline for Claude Code, at a path that stays when ccmeter moves or is updated.
# Written by `ccmeter setup`. `program`, beside this folder, says where ccmeter is by now.
#
# `ccmeter-statusline NAME` shows the statusline that was there before as well: wrapped/NAME.
data=${0%/bin/*}
program=''
{ IFS= read -r program <"$data/program"; } 2>/dev/null

ours() {
  CCMETER_HOME=$data CCMETER_NO_BUILD=1 "$program" statusline 2>/dev/null ||
    echo 'ccmeter is not ready (ccmeter doctor), or gone (remove statusLine from settings.json)'
}

if [ -z "${1:-}" ] || [ ! -r "$data/wrapped/$1" ]; then
  ours
  exit 0
fi
input=$(cat)
before=$(printf '%s' "$input" | sh "$data/wrapped/$1" 2>/dev/null)
[ -z "$before" ] || printf '%s\n' "$before"
printf '%s' "$input" | ours
