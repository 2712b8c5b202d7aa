-- The money in all branches.
CREATE MATERIALIZED VIEW total_branches AS
SELECT count(*) AS rows, sum(bbalance) AS balance
FROM pgbench_branches;
