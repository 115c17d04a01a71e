import SealaneLinux

/// The `SystemError` that `body` throws, or nil when it throws none.
package func systemError(_ body: () throws -> Void) -> SystemError? {
    do {
        try body()
        return nil
    } catch {
        return error as? SystemError
    }
}
