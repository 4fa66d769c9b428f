-- Everything up to the newest response has been judged, or what the basis says.
insert into audit_progress (id, basis, last_id, pruned_ms)
values (1, :basis, (select ifnull(max(id), 0) from responses), :pruned_ms)
on conflict (id) do update set
    basis = excluded.basis, last_id = excluded.last_id, pruned_ms = excluded.pruned_ms
