//! The methods that both clients have, one for each verb.

/// Defines the methods of a client of type `$client`, which has `cluster()`, `default_options()` and `query_options()`.
///
/// The async client's commands are awaited, the blocking client's are called.
macro_rules! verb_methods {
    ($client:ty) => {
        /// Writes bins of a record, which is created if it does not exist.
        ///
        /// A bin whose value is [`Value::Nil`](crate::Value::Nil) is deleted.
        pub fn put(
            &self,
            key: impl Into<$crate::key::Key>,
            bins: impl $crate::bins::IntoBins,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            let content = bins.into_bins().map($crate::verbs::request::Content::write_bins);
            self.command($crate::verbs::verb::Write::new(key, content))
        }

        /// Reads a record with all its bins.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) (2) if there is no such record; see
        /// [`OptionalExt`](crate::OptionalExt).
        pub fn get(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Read<$crate::record::Record>> {
            let content = $crate::verbs::request::Content::read(spikelet_wire::Info1::GET_ALL);
            self.command($crate::verbs::verb::Read::new(key, content))
        }

        /// Reads some bins of a record. Bins that it does not have are left out.
        pub fn select(
            &self,
            key: impl Into<$crate::key::Key>,
            bins: impl IntoIterator<Item = impl Into<String>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Read<$crate::record::Record>> {
            self.command($crate::verbs::verb::Read::new(
                key,
                $crate::verbs::request::Content::read_bins(bins),
            ))
        }

        /// Checks whether a record exists.
        pub fn exists(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Read<bool>> {
            let content = $crate::verbs::request::Content::read(spikelet_wire::Info1::GET_NO_BINS);
            self.command($crate::verbs::verb::Read::new(key, content))
        }

        /// Reads the generation and the TTL of a record, without its bins.
        pub fn header(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Read<$crate::record::Record>> {
            let content = $crate::verbs::request::Content::read(spikelet_wire::Info1::GET_NO_BINS);
            self.command($crate::verbs::verb::Read::new(key, content))
        }

        /// Increments a record's generation and resets its TTL.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) (2) if there is no such record.
        pub fn touch(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            self.write(key, [$crate::operation::Operation::touch()])
        }

        /// Removes a record.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) (2) if there is no such record.
        pub fn remove(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            self.command($crate::verbs::verb::Write::new(
                key,
                Ok($crate::verbs::request::Content::remove()),
            ))
        }

        /// Deletes bins of a record. A record without any bins left is removed.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) (2) if there is no such record.
        pub fn remove_bin(
            &self,
            key: impl Into<$crate::key::Key>,
            bins: impl IntoIterator<Item = impl Into<String>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            self.write(
                key,
                bins.into_iter().map($crate::operation::Operation::remove_bin),
            )
        }

        /// Appends to a bin of text or bytes. A bin or record that does not exist is created.
        pub fn append(
            &self,
            key: impl Into<$crate::key::Key>,
            bin: impl Into<String>,
            value: impl Into<spikelet_wire::Value>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            self.write(key, [$crate::operation::Operation::append(bin, value)])
        }

        /// Prepends to a bin of text or bytes. A bin or record that does not exist is created.
        pub fn prepend(
            &self,
            key: impl Into<$crate::key::Key>,
            bin: impl Into<String>,
            value: impl Into<spikelet_wire::Value>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            self.write(key, [$crate::operation::Operation::prepend(bin, value)])
        }

        /// Adds to the number in a bin, integer or double. A bin or record that does not exist is created.
        pub fn increment(
            &self,
            key: impl Into<$crate::key::Key>,
            bin: impl Into<String>,
            value: impl Into<spikelet_wire::Value>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            self.write(key, [$crate::operation::Operation::add(bin, value)])
        }

        /// Executes several operations on a record, in order, all or none, and returns the last result of each bin.
        pub fn operate(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Operate<$crate::record::Record>> {
            self.command($crate::verbs::verb::Operate::new(key))
        }

        /// Executes several operations on a record, in order, all or none, and returns the result of each operation.
        pub fn operate_ordered(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Operate<$crate::record::OrderedRecord>> {
            self.command($crate::verbs::verb::Operate::new(key))
        }

        /// Executes rows of any kind: reads, writes, operates and removals.
        ///
        /// Every batch returns one [`BatchRecord`](crate::BatchRecord) per row, in the order of the rows. It fails as a
        /// whole only if there is no reply to any row.
        pub fn batch(
            &self,
            rows: impl IntoIterator<Item = $crate::verbs::batch::BatchRow>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            self.command($crate::verbs::verb::Batch::new(rows))
        }

        /// Reads many records with all their bins.
        pub fn batch_read(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::key::Key>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            let content = $crate::verbs::request::Content::read(spikelet_wire::Info1::GET_ALL);
            self.command($crate::verbs::verb::Batch::of(keys, content))
        }

        /// Reads some bins of many records.
        pub fn batch_select(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::key::Key>>,
            bins: impl IntoIterator<Item = impl Into<String>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            self.command($crate::verbs::verb::Batch::of(
                keys,
                $crate::verbs::request::Content::read_bins(bins),
            ))
        }

        /// Reads the generation and the TTL of many records.
        pub fn batch_header(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::key::Key>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            let content = $crate::verbs::request::Content::read(spikelet_wire::Info1::GET_NO_BINS);
            self.command($crate::verbs::verb::Batch::of(keys, content))
        }

        /// Writes many records, each with its own bins.
        pub fn batch_write<K: Into<$crate::key::Key>, B: $crate::bins::IntoBins>(
            &self,
            records: impl IntoIterator<Item = (K, B)>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            self.batch(
                records
                    .into_iter()
                    .map(|(key, bins)| $crate::verbs::batch::BatchRow::write(key, bins)),
            )
        }

        /// Executes the same operations on many records.
        pub fn batch_operate(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::key::Key>>,
            operations: impl IntoIterator<Item = $crate::operation::Operation>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            let content = $crate::verbs::request::Content::operate(operations.into_iter().collect());
            self.command($crate::verbs::verb::Batch::of(keys, content))
        }

        /// Removes many records.
        pub fn batch_remove(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::key::Key>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            self.command($crate::verbs::verb::Batch::of(
                keys,
                $crate::verbs::request::Content::remove(),
            ))
        }

        /// Begins a transaction, which reads and writes several records, all or none.
        ///
        /// Nothing is sent before its first command. See [`Transaction`](crate::Transaction).
        pub fn begin(&self) -> $crate::verbs::transaction_end::Transaction<$client> {
            let options = $crate::verbs::options::Options::for_transactions(self.default_options().policy);
            $crate::verbs::transaction_end::Transaction::new(self.clone(), self.cluster(), options)
        }

        /// Reads the records of a set, or of the whole namespace if the set's name is empty, in no particular order.
        ///
        /// By default there is no total timeout, the socket timeout is 30 seconds, and there are at most 5 retries, each
        /// of which requests the partitions of a failed node again from it or from another node.
        pub fn query(
            &self,
            namespace: &str,
            set: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Query> {
            let query = $crate::verbs::verb::Query::new(namespace, set);
            $crate::verbs::command::Command::new(self.clone(), query, self.query_options())
        }

        /// Sends an info command, such as `build`, to any node or to a [certain node](crate::Command::node).
        pub fn info(
            &self,
            command: impl Into<String>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Info> {
            self.command($crate::verbs::verb::Info::new(command))
        }

        /// Sends an info command to every node.
        pub fn info_all(
            &self,
            command: impl Into<String>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::InfoAll> {
            self.command($crate::verbs::verb::InfoAll::new(command))
        }

        /// Removes all records of a set, or of the whole namespace if the set's name is empty.
        ///
        /// Other nodes may apply it a moment later, and none reports when it has. Records written in the same millisecond
        /// as the truncation stay.
        pub fn truncate(
            &self,
            namespace: &str,
            set: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Truncate> {
            self.command($crate::verbs::verb::Truncate::new(namespace, set))
        }

        /// Creates a secondary index on the records of a set, or of the whole namespace if the set's name is empty.
        ///
        /// It returns a task to [wait](Self::wait) for: queries are refused until the index is built. If an index of this
        /// name exists, it succeeds if that index is identical, and fails with
        /// [`INDEX_FOUND`](crate::ResultCode::INDEX_FOUND) (200) otherwise.
        pub fn create_index(
            &self,
            namespace: &str,
            set: &str,
            name: &str,
            index: $crate::verbs::admin::Index,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Administer> {
            self.command($crate::verbs::verb::Administer::create_index(
                namespace, set, name, &index,
            ))
        }

        /// Removes a secondary index, and returns a task to [wait](Self::wait) for.
        ///
        /// It succeeds if there is no such index.
        pub fn drop_index(
            &self,
            namespace: &str,
            name: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Administer> {
            self.command($crate::verbs::verb::Administer::drop_index(namespace, name))
        }

        /// Lists the secondary indexes of a namespace.
        pub fn list_indexes(
            &self,
            namespace: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::List<$crate::verbs::admin::IndexInfo>> {
            self.command($crate::verbs::verb::List::indexes(namespace))
        }

        /// Registers a UDF module in Lua under a file name, such as `example.lua`, and returns a task to
        /// [wait](Self::wait) for.
        ///
        /// It replaces a module of the same name. It fails with
        /// [`UDF_BAD_RESPONSE`](crate::ResultCode::UDF_BAD_RESPONSE) (100) and the compiler's message if the script does
        /// not compile.
        pub fn register_udf(
            &self,
            file: &str,
            script: impl AsRef<[u8]>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Administer> {
            self.command($crate::verbs::verb::Administer::register_udf(
                file,
                script.as_ref(),
            ))
        }

        /// Removes a UDF module, and returns a task to [wait](Self::wait) for.
        ///
        /// It succeeds if there is no such module.
        pub fn remove_udf(
            &self,
            file: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Administer> {
            self.command($crate::verbs::verb::Administer::remove_udf(file))
        }

        /// Lists the registered UDF modules.
        pub fn list_udfs(
            &self,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::List<$crate::verbs::admin::Module>> {
            self.command($crate::verbs::verb::List::modules())
        }

        /// Executes a UDF on a record and returns its result.
        ///
        /// If there is no such record, the UDF can create it. The module is named without `.lua`. It fails with
        /// [`UDF_BAD_RESPONSE`](crate::ResultCode::UDF_BAD_RESPONSE) (100) if there is no such function or if it fails.
        ///
        /// ```no_run
        /// # use spikelet_client::{Client, Error, Key};
        /// # async fn example(client: Client, key: Key) -> Result<(), Error> {
        /// let script = "function add(record, a, b) return a + b end";
        /// client.wait(&client.register_udf("sums.lua", script).await?).await?;
        /// let three = client.execute_udf(&key, "sums", "add", (1, 2)).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn execute_udf(
            &self,
            key: impl Into<$crate::key::Key>,
            module: &str,
            function: &str,
            arguments: impl $crate::verbs::udf_call::IntoArguments,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::ExecuteUdf> {
            let call = $crate::verbs::udf_call::UdfCall::new(module, function, arguments);
            self.command($crate::verbs::verb::ExecuteUdf::new(key, call))
        }

        /// Waits until every node is done with a task.
        ///
        /// By default there is no total timeout. It fails with [`QUERY_ABORTED`](crate::ResultCode::QUERY_ABORTED) (15)
        /// for a background query that was aborted.
        pub fn wait(
            &self,
            task: &$crate::verbs::admin::Task,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Wait> {
            let wait = $crate::verbs::verb::Wait::new(task, self.default_options().policy);
            $crate::verbs::command::Command::new(self.clone(), wait, self.query_options())
        }

        /// The names of the cluster's nodes, as of the last time that the cluster was checked for changes.
        #[must_use]
        pub fn nodes(&self) -> Vec<String> {
            self.cluster()
                .view()
                .nodes
                .iter()
                .map(|node| node.name.to_string())
                .collect()
        }

        fn write(
            &self,
            key: impl Into<$crate::key::Key>,
            operations: impl IntoIterator<Item = $crate::operation::Operation>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            let content = $crate::verbs::request::Content::write(operations.into_iter().collect());
            self.command($crate::verbs::verb::Write::new(key, Ok(content)))
        }

        fn command<V>(&self, verb: V) -> $crate::verbs::command::Command<$client, V> {
            $crate::verbs::command::Command::new(self.clone(), verb, self.default_options())
        }
    };
}

pub(crate) use verb_methods;
