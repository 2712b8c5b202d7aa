import Relational
import ViewStores

extension StoreConformance {
    /// Rows are taken over for another version with the same columns and key, whole or not at all, and for no other.
    public func checkRowsCanBeAdopted() throws {
        for view in [SampleViews.integerKey, SampleViews.bag] {
            let run = try StoreRun(place, views: [view])
            let row: StoreModel.Row = view == SampleViews.bag ? ["1", "a"] : ["1", "10", "one"]
            let other: StoreModel.Row = view == SampleViews.bag ? ["2", "b"] : ["2", "20", "two"]
            var epoch = Epoch()
            epoch.add(view, row, 1)
            try run.commit(epoch)
            var changed = view
            changed.version = "the next version"
            var difference = Epoch()
            difference.add(changed, row, -1)
            difference.add(changed, other, 1)
            try run.store.begin()
            try run.store.adopt(changed)
            try run.apply(difference)
            run.store.rollback()
            try run.check("an adoption was rolled back")
            try run.store.begin()
            try run.store.adopt(changed)
            try run.apply(difference)
            try run.commitProgress(of: [changed])
            run.note(difference)
            try run.check("after an adoption")
            try run.reopen()
            try expect(.inconsistent, "a delta for the version before") {
                try run.store.begin()
                var late = Epoch()
                late.add(view, row, 1)
                try run.apply(late)
                try run.store.commit([])
            }
            try run.check("after a refused delta")
            try checkOtherRowsAreNotAdopted(changed, run)
            try run.store.begin()
            try run.store.drop(view: view.name)
            try run.store.commit([])
        }
    }

    private func checkOtherRowsAreNotAdopted(_ view: ViewTable, _ run: StoreRun) throws {
        var renamed = view
        renamed.columns[0].name = "another"
        var unknown = view
        unknown.name = "nobody"
        for wrong in [renamed, unknown] {
            try expect(.unsupported, "rows that are not there as the new definition needs them") {
                try run.store.begin()
                try run.store.adopt(wrong)
            }
            try run.check("after a refused adoption")
        }
    }
}
