CREATE MATERIALIZED VIEW per_customer AS
SELECT customer_id, count(*) AS orders, sum(price) AS total, avg(price) AS average
FROM orders
GROUP BY customer_id;
