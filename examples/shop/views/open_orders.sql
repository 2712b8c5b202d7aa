-- The orders that wait to be paid, as a person reads them. An order leaves the view when its status changes.
CREATE MATERIALIZED VIEW open_orders WITH (key = 'order_id') AS
SELECT o.id AS order_id,
       o.placed_at,
       c.name AS customer,
       c.region,
       p.name AS product,
       o.qty,
       o.qty * o.price AS amount,
       coalesce(o.note, '') AS note
FROM orders o
JOIN customers c ON c.id = o.customer_id
JOIN products p ON p.id = o.product_id
WHERE o.status = 'open';
