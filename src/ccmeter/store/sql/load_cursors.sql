-- One row per transcript ever read: thousands, not millions.
select path, device, inode, offset, tail_hash, settled_size, mtime_ns from files
