-- The id of what calls have in common, new or known: the empty update lets returning see both.
insert into call_kinds (model, query_source, speed, effort, version) values (?, ?, ?, ?, ?)
on conflict (model, query_source, speed, effort, version) do update set model = model
returning id
