extension BenchReport {
    /// The medians of all rounds, and the estimated ratios.
    var figureTable: Table {
        Table(
            heading: ["", "plain", "tunnel", "", "tunnel ÷ plain", ""],
            rows: figures.map { figure in
                [figure.kind.title] + BenchPath.allCases.map { figure.medianText($0) }
                    + [figure.kind.unit, figure.estimate?.text ?? "–", figure.readingText]
            })
    }

    var costTable: Table {
        func median(_ values: [Double]) -> String { Spread(values).map { Digits.significant($0.median) } ?? "–" }
        let costs = costs
        return Table(
            heading: [
                "CPU seconds per GiB", "client: plain", "tunnel", "its agent", "server: plain", "tunnel", "its agent",
            ],
            rows: tcp.map { test in
                let kind = BenchFigure.Kind.tcp(streams: test.streams, test.direction)
                return [kind.title]
                    + costs.filter { $0.test == kind }.flatMap {
                        [median($0.systemPlain), median($0.systemTunnel), median($0.agentTunnel)]
                    }
            })
    }

    var retransmitTable: Table {
        Table(
            heading: ["TCP segments sent again, per GiB", "plain", "tunnel"],
            rows: tcp.map { test in
                func median(_ path: KeyPath<BenchPair<TCPTest.Sample>, TCPTest.Sample>) -> String {
                    let values = test.pairs.map { $0[keyPath: path] }.filter { $0.bits > 0 }.map {
                        Double($0.retransmits) / $0.bits * BenchCost.bitsPerGiB
                    }
                    return Spread(values).map { Digits.significant($0.median) } ?? "–"
                }
                return [
                    BenchFigure.Kind.tcp(streams: test.streams, test.direction).title, median(\.plain),
                    median(\.tunnel),
                ]
            })
    }

    /// The facts of both hosts, side by side.
    var hostTable: Table {
        func row(_ label: String, _ fact: (BenchHost) -> String?) -> [String]? {
            let facts = [client, server].map(fact)
            return facts == [nil, nil] ? nil : [label] + facts.map { $0 ?? "–" }
        }
        let rows = [
            row("name", \.name), row("kernel", \.kernel), row("processors", \.processorText),
            row("memory") { $0.memoryByteCount.map { "\(Digits.significant(Double($0) / 1_073_741_824)) GiB" } },
            row("address, MTU") { "\($0.address), \($0.mtu)" },
            row("agent") { $0.agent.map { "sealaned \($0.version)" } },
            row("overlay address, MTU") { $0.agent.map { "\($0.address) on \($0.interface), \($0.mtu)" } },
            row("cipher") { $0.agent.map { "\($0.cipherSuite) by \($0.provider)" } },
            row("lanes") { $0.agent.map { "\($0.lanes)" } },
            row("offloads") { $0.agent?.offloadText },
        ]
        return Table(heading: ["", "client", "server"], rows: rows.compactMap(\.self), textColumns: 3)
    }

    /// How the report was measured, as sentences.
    var methodText: [String] {
        let seconds = Digits.significant(method.secondsPerTransfer)
        let shared =
            method.sharesMachine
            ? ["Both hosts are on one machine, so CPU seconds of the system cover both and are counted once."] : []
        return [
            "\(method.rounds) rounds (\(method.effort.rawValue)), \(seconds) s for a transfer, "
                + "\(Digits.fixed(self.seconds, 0)) s in all. Each round runs every test on both paths, directly after each "
                + "other, so that a temporary slowdown of the machine affects both.",
            "\(method.tool) transfers, and its receiver counts. Loss-free: the greatest rate from client to server that "
                + "loses less than \(Digits.fixed(LossFreeSearch.tolerance * 100, 1)) %. Round trips: one datagram at a time "
                + "and its echo; a p99 needs at least \(BenchFigure.Quantile.p99.leastCount) of them in a round, a p99.9 "
                + "\(BenchFigure.Quantile.p999.leastCount). Connection set-up: from the first packet until the connection is "
                + "established.",
            "Values are medians of the rounds. The ratio is the geometric mean of the ratios of all rounds; the brackets "
                + "contain it with 99 % confidence (Student's t on the logarithms). The report calls two values different "
                + "only if this interval excludes 1, and alike only if the interval lies within 10 % of 1.",
        ] + shared
    }

    /// The values of every round of every test.
    var rawTables: [(title: String, table: Table)] {
        func table<Sample>(_ pairs: [BenchPair<Sample>], _ headings: [String], _ cells: (Sample) -> [String]) -> Table {
            Table(
                heading: ["round", "path"] + headings,
                rows: pairs.enumerated().flatMap { index, pair in
                    let ordered: [(BenchPath, Sample)] =
                        pair.first == .plain
                        ? [(.plain, pair.plain), (.tunnel, pair.tunnel)]
                        : [(.tunnel, pair.tunnel), (.plain, pair.plain)]
                    return ordered.map { ["\(index + 1)", $0.rawValue] + cells($1) }
                }, textColumns: 2)
        }
        func seconds(_ value: Double?) -> String { value.map { Digits.fixed($0, 2) } ?? "–" }
        let transfers = tcp.map { test in
            (
                BenchFigure.Kind.tcp(streams: test.streams, test.direction).title,
                table(
                    test.pairs,
                    ["Gbit/s", "s", "resent", "CPU s: client", "agent", "server", "agent"]
                ) { sample in
                    [
                        Digits.significant(sample.bitsPerSecond / 1e9), Digits.significant(sample.seconds),
                        "\(sample.retransmits)", seconds(sample.client.systemSeconds),
                        seconds(sample.client.agentSeconds),
                        seconds(sample.server.systemSeconds), seconds(sample.server.agentSeconds),
                    ]
                }
            )
        }
        let datagrams = udp.map { test in
            (
                BenchFigure.Kind.udp(payloadByteCount: test.payloadByteCount).title,
                table(test.pairs, ["1000/s", "exact to", "most offered", "delivered"]) { sample in
                    [sample.datagramsPerSecond, sample.resolution, sample.offered, sample.delivered].map {
                        Digits.significant($0 / 1e3)
                    }
                }
            )
        }
        let trips = roundTrips.map { test in
            (
                test.load.title,
                table(test.pairs, ["p50, µs", "p99, µs", "p99.9, µs", "came back", "lost"]) { sample in
                    BenchFigure.Quantile.allCases.map {
                        sample.holds($0) ? Digits.significant(sample.seconds($0) * 1e6) : "–"
                    } + ["\(sample.count)", "\(sample.lost)"]
                }
            )
        }
        let setups = (connections.map { [$0] } ?? []).map { test in
            (
                ConnectionTest.title,
                table(test.pairs, ["p50, µs", "p99, µs", "connections"]) { sample in
                    [sample.p50Seconds, sample.p99Seconds].map { Digits.significant($0 * 1e6) } + ["\(sample.count)"]
                }
            )
        }
        return (transfers + datagrams + trips + setups).filter { !$0.1.rows.isEmpty }
    }
}

extension BenchFigure {
    /// Formats a median: `13.9`, `≥ 440`, or `–` if nothing was measured.
    func medianText(_ path: BenchPath) -> String {
        guard let spread = Spread(values(path)) else { return "–" }
        return (isAtLeast.contains(path) ? "≥ " : "") + kind.text(spread.median)
    }

    fileprivate var readingText: String {
        switch estimate?.reading {
        case .differs?: kind.comparative(estimate?.ratio ?? 1)
        case .alike?: "within noise"
        case .tooNoisy?: "too noisy to tell"
        case nil: plain.isEmpty ? "not measured" : "no rate passed"
        }
    }
}

extension BenchHost {
    var processorText: String { processorModel.map { "\(processors) × \($0)" } ?? "\(processors)" }
}

extension BenchAgent {
    var offloadText: String {
        let on = offloads.filter(\.on).map(\.name)
        let off = offloads.filter { !$0.on }.map(\.name)
        return (on.isEmpty ? "none" : on.joined(separator: ", "))
            + (off.isEmpty ? "" : "; off: \(off.joined(separator: ", "))")
    }
}
