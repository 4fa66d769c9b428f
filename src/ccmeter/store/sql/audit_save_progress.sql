-- Everything up to the newest response has been judged, or a part, behind which all is still new.
insert into audit_progress (id, basis, last_id, pruned_ms)
values (1, :basis, iif(:whole, (select ifnull(max(id), 0) from responses), 0), :pruned_ms)
on conflict (id) do update set
    basis = excluded.basis, last_id = excluded.last_id, pruned_ms = excluded.pruned_ms
