import TestSupport
import Testing

/// The claims of every store, by a store without transactions, against a double of a server.
@Suite struct SearchStoreConformanceTests {
    private static let promises = StorePromises(holdsBags: false, comparesOldRows: false, holdsHugeKeys: false)

    @Test(arguments: StoreClaim.cases(seeds: 2, without: [.rowsCanBeAdopted, .viewsChangePlaces]))
    func `a claim of every store`(claim: StoreClaim.Case) throws {
        try claim.check(StoreConformance(try DoublePlace(), promises: Self.promises))
    }

    @Test(
        arguments: StoreClaim.cases(
            seeds: 1,
            without: [.largeEpoch, .progressIsComplete, .rowsCanBeAdopted, .viewsChangePlaces]
        )
    )
    func `a claim of every store, kept by search views`(claim: StoreClaim.Case) throws {
        try claim.check(StoreConformance(searching: try DoublePlace(), promises: Self.promises))
    }
}
