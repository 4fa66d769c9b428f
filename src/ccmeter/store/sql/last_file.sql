-- Grows by one with every file that is read for the first time.
select max(id) from files
