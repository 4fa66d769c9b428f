"""A watcher in a process that holds nothing else: python -m ccmeter.watch [poll] [forever] ..."""

import sys

from ccmeter.watch.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
