-- The id of the root, new or known: the empty update makes returning see both.
insert into roots (path) values (?)
on conflict (path) do update set path = path
returning id
