// swift-tools-version: 6.2

import PackageDescription

/// Every Swift target of ours: language mode 6, the upcoming features of the house style, warnings are errors.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A Swift target of ours with the house settings.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The test target of one module.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let bigInt = Target.Dependency.product(name: "BigInt", package: "BigInt")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "leftfold",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "leftfold", targets: ["LeftfoldCLI"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // MARK: C
        .target(name: "CChecksum"),
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CPgQuery", providers: [.apt(["libpg-query-dev"])]),
        .target(name: "CProcess"),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),

        // MARK: Modules
        module("Dataflow", ["Expressions", "Relational", "StateFiles", "ViewPlan", bigInt]),
        module("EventLog", ["CChecksum", "Relational"]),
        module("Expressions", ["Relational"]),
        .executableTarget(
            name: "LeftfoldCLI",
            dependencies: [
                "CProcess", "EventLog", "LeftfoldHTTP", "LocalPostgres", "PostgresClient", "PostgresSource",
                "PostgresStore",
                "RedisStore", "Relational", "SQLiteDatabase", "SearchStore",
                "SQLiteStore", "ShopExample", "StateFiles", "ViewMaintenance", "ViewPlan", "ViewSQL", "ViewStores",
                argumentParser,
                lifecycle, logging, yams,
            ],
            swiftSettings: settings
        ),
        module("LocalPostgres"),
        module("LeftfoldHTTP", ["Relational", "ViewMaintenance", hummingbird, lifecycle, logging]),
        .target(
            name: "Migrations",
            path: "migrations",
            resources: [.embedInCode("postgres_0001_progress.sql"), .embedInCode("sqlite_0001_progress.sql")],
            swiftSettings: settings
        ),
        module("PostgresClient", ["CLibpq"]),
        module("PostgresSource", ["PostgresClient", "Relational", logging]),
        module("PostgresStore", ["Migrations", "PostgresClient", "Relational", "ViewStores"]),
        module("RedisStore", ["CHiredis", "Relational", "ViewStores"]),
        module("Relational", [bigInt]),
        module("SearchStore", ["CCurl", "Relational", "ViewStores"]),
        module("SQLiteDatabase", ["CSQLite"]),
        module("SQLiteStore", ["Migrations", "Relational", "SQLiteDatabase", "ViewStores"]),
        module(
            "ViewMaintenance",
            [
                "Dataflow", "EventLog", "Expressions", "Relational", "StateFiles", "ViewPlan", "ViewStores", lifecycle,
                logging,
            ]
        ),
        module("ViewPlan", ["Expressions", "Relational"]),
        module("ViewSQL", ["CPgQuery", "Expressions", "Relational", "ViewPlan"]),
        module("ViewStores", ["Relational"]),
        module("StateFiles", ["EventLog", "Relational"]),
        .target(
            name: "ShopExample",
            path: "examples/shop",
            exclude: ["README.md", "everywhere", "leftfold.yaml", "run", "traffic.sql"],
            sources: ["ShopExample.swift"],
            resources: [
                .embedInCode("schema.sql"), .embedInCode("seed.sql"), .embedInCode("views/open_orders.sql"),
                .embedInCode("views/revenue_by_region.sql"), .embedInCode("views/top_sellers.sql"),
            ],
            swiftSettings: settings
        ),

        // MARK: Benchmarks
        .target(name: "BareStores", dependencies: ["CLibpq", "CSQLite"], path: "Benchmarks/BareStores"),
        .executableTarget(
            name: "store-bench",
            dependencies: ["BareStores", "PostgresStore", "RedisStore", "Relational", "SQLiteStore", "ViewStores"],
            path: "Benchmarks/StoreBench",
            swiftSettings: settings
        ),

        // MARK: Test support and tests
        module("TestSupport", ["EventLog", "LocalPostgres", "Relational", "ViewStores"]),
        tests(
            "DataflowTests",
            ["Dataflow", "EventLog", "Expressions", "Relational", "StateFiles", "TestSupport", "ViewPlan", bigInt]
        ),
        tests(
            "EndToEndTests",
            [
                "LeftfoldCLI", "LocalPostgres", "PostgresClient", "PostgresSource", "PostgresStore", "Relational",
                "SQLiteDatabase", "SQLiteStore", "TestSupport",
                "ViewMaintenance", "ViewPlan", logging,
            ]
        ),
        tests("EventLogTests", ["CChecksum", "EventLog", "Relational", "TestSupport"]),
        tests("ExpressionsTests", ["Expressions", "Relational", "TestSupport"]),
        tests(
            "LeftfoldCLITests",
            ["EventLog", "LeftfoldCLI", "PostgresSource", "Relational", "ViewMaintenance", argumentParser]
        ),
        tests(
            "LeftfoldHTTPTests",
            ["LeftfoldHTTP", "Relational", "ViewMaintenance", hummingbird, lifecycle, logging]
        ),
        tests("LocalPostgresTests", ["LocalPostgres", "TestSupport"]),
        tests("PostgresClientTests", ["LocalPostgres", "PostgresClient", "TestSupport"]),
        tests(
            "PostgresSourceTests",
            ["LocalPostgres", "PostgresClient", "PostgresSource", "Relational", "TestSupport"]
        ),
        tests(
            "PostgresStoreTests",
            ["LocalPostgres", "PostgresClient", "PostgresStore", "Relational", "TestSupport", "ViewStores"]
        ),
        tests("RedisStoreTests", ["LocalPostgres", "RedisStore", "Relational", "TestSupport", "ViewStores"]),
        tests("RelationalTests", ["Relational", "TestSupport", bigInt]),
        tests("SearchStoreTests", ["Relational", "SearchStore", "TestSupport", "ViewStores"]),
        tests("SQLiteDatabaseTests", ["SQLiteDatabase"]),
        tests("StateFilesTests", ["EventLog", "Relational", "StateFiles", "TestSupport"]),
        tests("SQLiteStoreTests", ["Relational", "SQLiteDatabase", "SQLiteStore", "TestSupport", "ViewStores"]),
        tests(
            "ViewMaintenanceTests",
            [
                "Dataflow", "EventLog", "Relational", "SQLiteDatabase", "SQLiteStore", "StateFiles", "TestSupport",
                "ViewMaintenance", "ViewPlan", "ViewSQL", "ViewStores", logging,
            ]
        ),
        .testTarget(
            name: "ViewSQLTests",
            dependencies: ["Expressions", "LocalPostgres", "Relational", "TestSupport", "ViewPlan", "ViewSQL"],
            exclude: ["Golden"],
            swiftSettings: settings
        ),
    ]
)
