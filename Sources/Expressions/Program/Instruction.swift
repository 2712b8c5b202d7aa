/// One step of a flat program over registers.
struct Instruction: BitwiseCopyable {
    enum Operation: UInt8 {
        /// `target` = `function` of one, two or three registers; NULL when any of them is.
        case call
        case move
        /// `target` = `a` AND (OR) `b`, in three-valued logic.
        case and, or
        case not
        case isNull
        case isNotDistinct
        /// `target` = the greater (lesser) of `target` and `a`; NULLs do not count. `function` compares.
        case pick
        /// `target` = NULL when `function` holds for `a` and `b`, else `a`.
        case nullIf
        /// `target` = `function` of the `b` registers from `a` on, NULLs included.
        case build
        case jump, jumpIfFalse, jumpIfTrue, jumpUnlessTrue, jumpUnlessNull
    }

    var operation: Operation
    var function: ScalarFunction
    var target: Int32
    var a: Int32
    var b: Int32
    var c: Int32
    /// The instruction a jump goes to.
    var destination: Int32 = 0

    init(
        _ operation: Operation,
        _ function: ScalarFunction = .relabel,
        target: Int32,
        _ a: Int32,
        _ b: Int32? = nil,
        _ c: Int32? = nil
    ) {
        self.operation = operation
        self.function = function
        self.target = target
        self.a = a
        self.b = b ?? a
        self.c = c ?? b ?? a
    }
}
