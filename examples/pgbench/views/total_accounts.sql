-- The money in all accounts.
CREATE MATERIALIZED VIEW total_accounts AS
SELECT count(*) AS rows, sum(abalance) AS balance
FROM pgbench_accounts;
