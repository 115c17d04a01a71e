import SealaneControl

/// The answer to a `ControlRequest`.
struct ControlResponse: Sendable {
    let status: Int
    let contentType: String
    let body: [UInt8]

    init(status: Int, contentType: String = "application/json", body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    init(_ error: ControlError) {
        self.init(status: error.httpStatus, body: (try? ReportSchema.encode(ControlError.Body(error))) ?? [])
    }

    init(_ report: MetricsReport) {
        self.init(status: 200, contentType: MetricsReport.contentType, body: Array(report.text.utf8))
    }

    /// Throws if `report` cannot be written as JSON.
    init(_ status: Int, _ report: some Encodable) throws(ControlError) {
        do {
            self.init(status: status, body: try ReportSchema.encode(report))
        } catch {
            throw ControlError(.internal, "the answer cannot be written as JSON: \(error)")
        }
    }
}
