-- The tables of the benchmarks. The small ones are filled here, before any slot exists; orders is filled by history.sql.
CREATE TABLE customers (
    id     integer PRIMARY KEY,
    name   text NOT NULL,
    region text NOT NULL
);

CREATE TABLE products (
    id       integer PRIMARY KEY,
    name     text NOT NULL,
    category text NOT NULL
);

CREATE TABLE orders (
    id          bigint PRIMARY KEY,
    customer_id integer NOT NULL,
    product_id  integer NOT NULL,
    status      text NOT NULL,
    qty         integer NOT NULL,
    price       numeric(12,2) NOT NULL,
    created_at  timestamptz NOT NULL,
    note        text
);

-- Single-row commits for the latency figures.
CREATE TABLE trickle (
    id integer PRIMARY KEY
);

-- For the search benchmark, which fills it.
CREATE TABLE articles (
    id    integer PRIMARY KEY,
    title text NOT NULL,
    body  text NOT NULL
);

-- Followed, and read by no view.
CREATE TABLE bystander (
    id      bigint PRIMARY KEY,
    payload text NOT NULL
);

INSERT INTO customers SELECT i, 'customer ' || i, 'region ' || lpad((i % 20)::text, 2, '0') FROM generate_series(1, 100000) AS i;
INSERT INTO products SELECT i, 'product ' || i, 'category ' || i % 50 FROM generate_series(1, 5000) AS i;
CREATE PUBLICATION bench FOR TABLE customers, products, orders, trickle, bystander, articles;
VACUUM ANALYZE;
