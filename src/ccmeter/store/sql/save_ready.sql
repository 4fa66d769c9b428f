-- The newest value of a name is the only one.
insert into ready (name, value, updated_ms) values (?, ?, ?)
on conflict (name) do update set value = excluded.value, updated_ms = excluded.updated_ms
