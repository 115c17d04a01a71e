import SealaneControl

extension ControlRoute where Report == MetricsReport {
    /// The answer is Prometheus' text, not JSON.
    static var metrics: Self { Self(.get, "/metrics") }
}
