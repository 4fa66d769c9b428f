-- The id of what a rule says.
insert into audit_sayings (rule, level, wording, advice, is_sum) values (?, ?, ?, ?, ?)
on conflict (rule, level, wording, advice, is_sum) do update set is_sum = is_sum
returning id
