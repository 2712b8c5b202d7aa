import Dataflow

extension Crew {
    /// One whose threads are ours.
    static func threads(_ workers: Int, named name: String = "leftfold-fold", isInBackground: Bool = false) -> Crew {
        Crew(workers: workers) { OwnThread.start(name, isInBackground: isInBackground, $0) }
    }
}
