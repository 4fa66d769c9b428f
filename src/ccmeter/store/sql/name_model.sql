-- The id of the model, new or known: the empty update makes returning see both.
insert into models (model) values (?)
on conflict (model) do update set model = model
returning id
