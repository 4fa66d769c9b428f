-- The id of the client, new or known: the empty update makes returning see both.
insert into clients (version, entrypoint) values (?, ?)
on conflict (version, entrypoint) do update set entrypoint = entrypoint
returning id
