import Dataflow

extension Crew {
    /// One whose threads are ours.
    static func threads(_ workers: Int, isInBackground: Bool = false) -> Crew {
        Crew(workers: workers) { OwnThread.start("leftfold-fold", isInBackground: isInBackground, $0) }
    }
}
