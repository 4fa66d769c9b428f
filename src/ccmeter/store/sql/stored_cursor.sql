-- How far a file had been read, and its time then.
select offset, mtime_ns from files where path = ?
