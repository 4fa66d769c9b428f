-- A file that was moved stays the same source, so that its rows and marks are not told twice.
update files set path = :path
where path = (
    select path from files where device = :device and inode = :inode and path <> :path
)
    and not exists (select 1 from files where path = :path)
