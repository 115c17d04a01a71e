public import SealaneLock

/// The mutex for all modules above this one.
public typealias Lock = SealaneLock.Lock
