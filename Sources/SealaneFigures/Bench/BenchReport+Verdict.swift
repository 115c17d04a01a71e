extension BenchReport {
    /// The cost of the tunnel, as sentences: TCP, UDP, round trips, connections. Leaves out what was not measured.
    package var verdict: [String] {
        [tcpVerdict, udpVerdict, roundTripVerdict, connectionVerdict].compactMap(\.self)
    }

    private var tcpVerdict: String? {
        let counts = tcp.filter { !$0.pairs.isEmpty }.map(\.streams)
        let distinct = counts.enumerated().filter { !counts[..<$0.offset].contains($0.element) }.map(\.element)
        guard !distinct.isEmpty else { return nil }
        let parts = distinct.map { "\(words(streams: $0)) on \($0) \($0 == 1 ? "stream" : "streams")" }
        return "TCP: \(parts.joined(separator: ", "))\(coresWords.map { "; \($0)" } ?? "")."
    }

    /// Combines both directions, unless they certainly differ by a lot.
    private func words(streams: Int) -> String {
        let tests = tcp.filter { $0.streams == streams && !$0.pairs.isEmpty }
        func figure(_ tests: [TCPTest]) -> BenchFigure {
            BenchFigure(.tcp(streams: streams, .toServer), tests.flatMap(\.pairs), \.bitsPerSecond)
        }
        let apart = tests.map { figure([$0]) }
        if apart.count == 2, let one = apart[0].estimate, let other = apart[1].estimate {
            let change = one.change(from: other)
            if change.reading == .differs, !RatioEstimate.alikeRange.contains(change.ratio) {
                return zip(tests, apart).map { "\($1.words) \($0.direction.words)" }.joined(separator: " and ")
            }
        }
        return figure(tests).words
    }

    private var coresWords: String? {
        guard let cores = coresPerTenGigabit else { return nil }
        let sign = cores.mean < 0 ? "−" : "+"
        let amount = "\(sign)\(Digits.fixed(cores.mean.magnitude, 1)) cores per 10 Gbit/s"
        let place = method.sharesMachine ? "on the machine of both hosts" : "on both hosts together"
        guard let halfWidth = cores.halfWidth else { return "\(amount) \(place), in the only round" }
        let range = "± \(Digits.fixed(halfWidth, 1))"
        guard cores.mean.magnitude > halfWidth else { return "cores per 10 Gbit/s within noise (\(amount), \(range))" }
        return halfWidth < 0.05 ? "\(amount) \(place)" : "\(amount) (\(range)) \(place)"
    }

    private var udpVerdict: String? {
        let parts = figures.compactMap { figure -> String? in
            guard case .udp(let count) = figure.kind, !figure.plain.isEmpty else { return nil }
            return "\(figure.words) with \(count) B"
        }
        return parts.isEmpty ? nil : "UDP without loss: \(parts.joined(separator: ", "))."
    }

    private var roundTripVerdict: String? {
        let parts = figures.compactMap { figure -> String? in
            guard case .roundTrip(let load, .p50) = figure.kind, !figure.plain.isEmpty else { return nil }
            return "\(figure.words)\(instead(figure)) when \(load.rawValue)"
        }
        return parts.isEmpty ? nil : "Round trip, p50: \(parts.joined(separator: "; "))."
    }

    private var connectionVerdict: String? {
        guard let figure = figures.first(where: { $0.kind == .connection }), !figure.plain.isEmpty else { return nil }
        return "Connection set-up: \(figure.words)\(instead(figure))."
    }

    /// `, 19.0 instead of 6.50 µs`.
    private func instead(_ figure: BenchFigure) -> String {
        guard figure.estimate?.reading == .differs, let tunnel = Spread(figure.tunnel), let plain = Spread(figure.plain)
        else { return "" }
        return ", \(figure.kind.text(tunnel.median)) instead of \(figure.kind.text(plain.median)) \(figure.kind.unit)"
    }

    /// What to know before trusting the verdict, as sentences: the warnings, and the failures.
    package var remarks: [String] {
        let setups = BenchEnd.allCases.compactMap { setup(of: $0) }
        let causes =
            setups.isEmpty
            ? [] : ["\(isSlower ? "Likely why the tunnel is slower" : "Note"): \(setups.joined(separator: "; "))."]
        return warnings.compactMap(remark) + causes + failures
    }

    private var isSlower: Bool {
        figures.contains { figure in
            figure.kind.isMoreBetter && figure.estimate.map { $0.reading == .differs && $0.ratio < 1 } ?? false
        }
    }

    /// Names one lane and disabled offloads together: both are configuration that slows an agent down.
    private func setup(of end: BenchEnd) -> String? {
        let parts = warnings.compactMap { warning -> String? in
            switch warning {
            case .oneLane(end, let processors): "has one lane for \(processors) processors"
            case .offloadsOff(end, let names): "runs without the offloads \(offloads(names, of: end))"
            default: nil
            }
        }
        return parts.isEmpty ? nil : "the \(end.rawValue)'s agent \(parts.joined(separator: " and "))"
    }

    /// `gso, gro (the configuration says off), uso (not in this kernel)`.
    private func offloads(_ names: [String], of end: BenchEnd) -> String {
        let known = host(end).agent?.offloads ?? []
        var groups: [(reason: String?, names: [String])] = []
        for name in names {
            let reason = known.first { $0.name == name }?.reason
            if let index = groups.firstIndex(where: { $0.reason == reason }) {
                groups[index].names.append(name)
            } else {
                groups.append((reason, [name]))
            }
        }
        return groups.map { $0.names.joined(separator: ", ") + ($0.reason.map { " (\($0))" } ?? "") }
            .joined(separator: ", ")
    }

    private func remark(_ warning: BenchWarning) -> String? {
        switch warning {
        case .interrupted:
            return "Interrupted: the figures cover the finished rounds only, not all \(method.rounds)."
        case .noisy(let tests):
            return "Too noisy to tell: \(names(tests)). Measure again on a quieter machine, or with more rounds."
        case .processorLimit(let end, .host, let tests):
            let whose =
                method.sharesMachine ? "The processors that both hosts share" : "The \(end.rawValue)'s processors"
            return "\(whose) are the limit, not the network: they are all busy with \(names(tests))."
        case .processorLimit(let end, .agent, let tests):
            return "The \(end.rawValue)'s agent is the limit: one of its lanes is always busy with \(names(tests))."
        case .processorLimit(let end, .tool, let tests):
            return
                "\(method.tool) on the \(end.rawValue) may be the limit, not the tunnel: it uses a whole processor with "
                + "\(names(tests))."
        case .echoesLost(let tests):
            return "Echoes were lost (\(tests.joined(separator: "; "))): the round trips cover only the others."
        case .oneLane, .offloadsOff:
            return nil
        }
    }

    /// Joins the titles, and replaces the titles of all TCP tests by one phrase.
    private func names(_ tests: [String]) -> String {
        let transfers = figures.map(\.kind).filter(\.isTCP).map(\.title)
        if transfers.count > 1, transfers.allSatisfy(tests.contains) {
            return (["TCP in every test"] + tests.filter { !transfers.contains($0) }).joined(separator: "; ")
        }
        return tests.joined(separator: "; ")
    }
}

extension BenchFigure.Kind {
    fileprivate var isTCP: Bool {
        if case .tcp = self { true } else { false }
    }
}
