-- The id of the session, new or known: the empty update makes returning see both.
insert into sessions (session) values (?)
on conflict (session) do update set session = session
returning id
