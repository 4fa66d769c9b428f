-- Cursors of some transcripts, under their own paths and under paths that they had before.
select path, device, inode, offset, tail_hash, settled_size, mtime_ns
from files
where path in (select value from json_each(:paths))
    or inode in (select value from json_each(:inodes))
