-- The id of the project, new or known: the empty update makes returning see both.
insert into projects (cwd) values (?)
on conflict (cwd) do update set cwd = cwd
returning id
