-- Commits together with the rows that were read up to the offset.
insert into files (path, root_id, device, inode, offset, tail_hash, settled_size, mtime_ns)
values (:path, :root_id, :device, :inode, :offset, :tail_hash, :settled_size, :mtime_ns)
on conflict (path) do update set
    root_id = excluded.root_id,
    device = excluded.device,
    inode = excluded.inode,
    offset = excluded.offset,
    tail_hash = excluded.tail_hash,
    settled_size = excluded.settled_size,
    mtime_ns = excluded.mtime_ns
returning id
