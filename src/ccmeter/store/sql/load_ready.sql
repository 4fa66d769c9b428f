-- One value, by its name.
select value from ready where name = ?
