/// Makes reloads run one at a time. A request during a reload is not lost: another reload follows.
struct ReloadQueue {
    private var isUnderWay = false
    private var isAskedAgain = false

    /// Requests a reload. Returns whether it may begin now.
    mutating func begin() -> Bool {
        isAskedAgain = isUnderWay
        defer { isUnderWay = true }
        return !isUnderWay
    }

    /// Ends a reload. Returns whether another one must follow.
    mutating func end() -> Bool {
        defer { (isUnderWay, isAskedAgain) = (false, false) }
        return isAskedAgain
    }
}
