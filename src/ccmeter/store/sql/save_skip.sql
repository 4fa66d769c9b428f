-- A skip is known by its place, so that reading again does not count it twice.
insert into skips (source, offset, reason) values (?, ?, ?)
on conflict (source, offset) do update set reason = excluded.reason
