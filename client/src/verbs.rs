//! The verbs: the methods that both clients have.

use std::time::Duration;

use crate::cluster::Cluster;
use crate::command::Options;
use crate::policy::Policy;

/// The options that a client's queries start with: they may take long, and what fails is a part of them only.
pub(crate) fn query_options(cluster: &Cluster) -> Options {
    let policy = Policy {
        total_timeout: Duration::ZERO,
        socket_timeout: Duration::from_secs(30),
        max_retries: 5,
        ..cluster.config.policy
    };
    Options::new(policy, false)
}

/// The options that a client's commands start with.
pub(crate) fn default_options(cluster: &Cluster) -> Options {
    Options::new(cluster.config.policy, cluster.config.send_key)
}

/// The verbs. Both clients have them; what they give is awaited with the one and called with the other.
macro_rules! verbs {
    ($client:ty) => {
        /// Writes bins: creates the record or updates it. A bin whose value is [`Value::Nil`](crate::Value::Nil) is
        /// deleted.
        pub fn put(
            &self,
            key: impl Into<$crate::Key>,
            bins: impl $crate::IntoBins,
        ) -> $crate::Command<$client, $crate::verb::Write> {
            let content = bins.into_bins().map($crate::request::Content::write_bins);
            self.command($crate::verb::Write::new(key, content))
        }

        /// Reads a record with all its bins.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) where there is none; see
        /// [`OptionalExt`](crate::OptionalExt).
        pub fn get(&self, key: impl Into<$crate::Key>) -> $crate::Command<$client, $crate::verb::Read<$crate::Record>> {
            let content = $crate::request::Content::read($crate::wire::Info1::GET_ALL);
            self.command($crate::verb::Read::new(key, content))
        }

        /// Reads a record with some of its bins; those that it does not have are left out.
        pub fn select(
            &self,
            key: impl Into<$crate::Key>,
            bins: impl IntoIterator<Item = impl Into<String>>,
        ) -> $crate::Command<$client, $crate::verb::Read<$crate::Record>> {
            self.command($crate::verb::Read::new(
                key,
                $crate::request::Content::read_bins(bins),
            ))
        }

        /// Whether a record exists.
        pub fn exists(&self, key: impl Into<$crate::Key>) -> $crate::Command<$client, $crate::verb::Read<bool>> {
            let content = $crate::request::Content::read($crate::wire::Info1::GET_NO_BINS);
            self.command($crate::verb::Read::new(key, content))
        }

        /// Reads a record without its bins: its generation and its TTL.
        pub fn header(
            &self,
            key: impl Into<$crate::Key>,
        ) -> $crate::Command<$client, $crate::verb::Read<$crate::Record>> {
            let content = $crate::request::Content::read($crate::wire::Info1::GET_NO_BINS);
            self.command($crate::verb::Read::new(key, content))
        }

        /// Counts a record's generation up and sets its TTL anew.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) where there is none.
        pub fn touch(&self, key: impl Into<$crate::Key>) -> $crate::Command<$client, $crate::verb::Write> {
            self.write(key, [$crate::Operation::touch()])
        }

        /// Removes a record.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) where there is none.
        pub fn remove(&self, key: impl Into<$crate::Key>) -> $crate::Command<$client, $crate::verb::Write> {
            self.command($crate::verb::Write::new(
                key,
                Ok($crate::request::Content::remove()),
            ))
        }

        /// Deletes bins; a record without any bin left is removed.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) where there is no record.
        pub fn remove_bin(
            &self,
            key: impl Into<$crate::Key>,
            bins: impl IntoIterator<Item = impl Into<String>>,
        ) -> $crate::Command<$client, $crate::verb::Write> {
            self.write(key, bins.into_iter().map($crate::Operation::remove_bin))
        }

        /// Appends to a bin of text or bytes; a bin or record that does not exist is created.
        pub fn append(
            &self,
            key: impl Into<$crate::Key>,
            bin: impl Into<String>,
            value: impl Into<$crate::Value>,
        ) -> $crate::Command<$client, $crate::verb::Write> {
            self.write(key, [$crate::Operation::append(bin, value)])
        }

        /// Prepends to a bin of text or bytes; a bin or record that does not exist is created.
        pub fn prepend(
            &self,
            key: impl Into<$crate::Key>,
            bin: impl Into<String>,
            value: impl Into<$crate::Value>,
        ) -> $crate::Command<$client, $crate::verb::Write> {
            self.write(key, [$crate::Operation::prepend(bin, value)])
        }

        /// Adds to a bin's number, integer or double; a bin or record that does not exist is created.
        pub fn increment(
            &self,
            key: impl Into<$crate::Key>,
            bin: impl Into<String>,
            value: impl Into<$crate::Value>,
        ) -> $crate::Command<$client, $crate::verb::Write> {
            self.write(key, [$crate::Operation::add(bin, value)])
        }

        /// Carries out several operations on a record, in order and all or none, and gives the last result of each bin.
        pub fn operate(
            &self,
            key: impl Into<$crate::Key>,
        ) -> $crate::Command<$client, $crate::verb::Operate<$crate::Record>> {
            self.command($crate::verb::Operate::new(key))
        }

        /// Carries out several operations on a record, and gives their results one after the other.
        pub fn operate_ordered(
            &self,
            key: impl Into<$crate::Key>,
        ) -> $crate::Command<$client, $crate::verb::Operate<$crate::OrderedRecord>> {
            self.command($crate::verb::Operate::new(key))
        }

        /// Carries out rows of any kind: reads, writes, operates and removals.
        ///
        /// Every batch gives one [`BatchRecord`](crate::BatchRecord) for each row, in the order of the rows, and fails
        /// as a whole only where no row was answered.
        pub fn batch(
            &self,
            rows: impl IntoIterator<Item = $crate::BatchRow>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            self.command($crate::verb::Batch::new(rows))
        }

        /// Reads many records with all their bins.
        pub fn batch_read(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::Key>>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            let content = $crate::request::Content::read($crate::wire::Info1::GET_ALL);
            self.command($crate::verb::Batch::of(keys, content))
        }

        /// Reads many records with some of their bins.
        pub fn batch_select(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::Key>>,
            bins: impl IntoIterator<Item = impl Into<String>>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            self.command($crate::verb::Batch::of(
                keys,
                $crate::request::Content::read_bins(bins),
            ))
        }

        /// Reads generation and TTL of many records.
        pub fn batch_header(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::Key>>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            let content = $crate::request::Content::read($crate::wire::Info1::GET_NO_BINS);
            self.command($crate::verb::Batch::of(keys, content))
        }

        /// Writes many records, each with its bins.
        pub fn batch_write<K: Into<$crate::Key>, B: $crate::IntoBins>(
            &self,
            records: impl IntoIterator<Item = (K, B)>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            self.batch(
                records
                    .into_iter()
                    .map(|(key, bins)| $crate::BatchRow::write(key, bins)),
            )
        }

        /// Carries out the same operations on many records.
        pub fn batch_operate(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::Key>>,
            operations: impl IntoIterator<Item = $crate::Operation>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            let content = $crate::request::Content::operate(operations.into_iter().collect());
            self.command($crate::verb::Batch::of(keys, content))
        }

        /// Removes many records.
        pub fn batch_remove(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::Key>>,
        ) -> $crate::Command<$client, $crate::verb::Batch> {
            self.command($crate::verb::Batch::of(keys, $crate::request::Content::remove()))
        }

        /// Reads the records of a set, or of the whole namespace where the set's name is empty, in no order that could
        /// be relied on.
        ///
        /// Unless you say otherwise it may take as long as it likes in all, and 30 seconds without anything received; a
        /// node that fails is asked again, or another node for its partitions, 5 times at most.
        pub fn query(&self, namespace: &str, set: &str) -> $crate::Command<$client, $crate::verb::Query> {
            let options = $crate::verbs::query_options(self.cluster());
            $crate::Command::new(self.clone(), $crate::verb::Query::new(namespace, set), options)
        }

        /// Asks any node, or a [certain one](crate::Command::node), for an info value, such as `build`.
        pub fn info(&self, command: impl Into<String>) -> $crate::Command<$client, $crate::verb::Info> {
            self.command($crate::verb::Info::new(command))
        }

        /// Asks every node for an info value.
        pub fn info_all(&self, command: impl Into<String>) -> $crate::Command<$client, $crate::verb::InfoAll> {
            self.command($crate::verb::InfoAll::new(command))
        }

        /// Removes all records of a set, or of the whole namespace where the set's name is empty.
        ///
        /// The records are gone when the last node has heard of it, which may be a moment later; no node tells. Those
        /// written in the very millisecond of the truncation stay.
        pub fn truncate(&self, namespace: &str, set: &str) -> $crate::Command<$client, $crate::verb::Truncate> {
            self.command($crate::verb::Truncate::new(namespace, set))
        }

        /// Makes a secondary index of the records of a set, or of the whole namespace where the set's name is empty.
        ///
        /// It gives a task to [wait](Self::wait) for: queries are refused until the index is built. An index of the same
        /// name that is the same is no error; for another one it fails with
        /// [`INDEX_FOUND`](crate::ResultCode::INDEX_FOUND).
        pub fn create_index(
            &self,
            namespace: &str,
            set: &str,
            name: &str,
            index: $crate::Index,
        ) -> $crate::Command<$client, $crate::verb::Administer> {
            self.command($crate::verb::Administer::create_index(
                namespace, set, name, index,
            ))
        }

        /// Removes a secondary index, and gives a task to [wait](Self::wait) for. It is no error if there is none.
        pub fn drop_index(&self, namespace: &str, name: &str) -> $crate::Command<$client, $crate::verb::Administer> {
            self.command($crate::verb::Administer::drop_index(namespace, name))
        }

        /// The secondary indexes of a namespace.
        pub fn list_indexes(&self, namespace: &str) -> $crate::Command<$client, $crate::verb::List<$crate::IndexInfo>> {
            self.command($crate::verb::List::indexes(namespace))
        }

        /// Registers a module of UDFs in Lua under the name of a file, such as `example.lua`, in place of one that is
        /// there; gives a task to [wait](Self::wait) for.
        ///
        /// It fails with [`UDF_BAD_RESPONSE`](crate::ResultCode::UDF_BAD_RESPONSE) for a script that does not compile, and
        /// says why.
        pub fn register_udf(
            &self,
            file: &str,
            script: impl AsRef<[u8]>,
        ) -> $crate::Command<$client, $crate::verb::Administer> {
            self.command($crate::verb::Administer::register_udf(file, script.as_ref()))
        }

        /// Removes a module of UDFs, and gives a task to [wait](Self::wait) for. It is no error if there is none.
        pub fn remove_udf(&self, file: &str) -> $crate::Command<$client, $crate::verb::Administer> {
            self.command($crate::verb::Administer::remove_udf(file))
        }

        /// The modules of UDFs that are registered.
        pub fn list_udfs(&self) -> $crate::Command<$client, $crate::verb::List<$crate::Module>> {
            self.command($crate::verb::List::modules())
        }

        /// Applies a UDF to a record, or where there is none to one that it may create, and gives what it returns.
        ///
        /// The module is named without `.lua`. It fails with
        /// [`UDF_BAD_RESPONSE`](crate::ResultCode::UDF_BAD_RESPONSE) where there is no such function or it fails.
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
            key: impl Into<$crate::Key>,
            module: &str,
            function: &str,
            arguments: impl $crate::IntoArguments,
        ) -> $crate::Command<$client, $crate::verb::ExecuteUdf> {
            let call = $crate::udf::UdfCall::new(module, function, arguments);
            self.command($crate::verb::ExecuteUdf::new(key, call))
        }

        /// Waits until every node is done with a task; without limit, unless you set a total timeout.
        ///
        /// It fails with [`QUERY_ABORTED`](crate::ResultCode::QUERY_ABORTED) for a background query that did not end well.
        pub fn wait(&self, task: &$crate::Task) -> $crate::Command<$client, $crate::verb::Wait> {
            let options = $crate::verbs::query_options(self.cluster());
            $crate::Command::new(self.clone(), $crate::verb::Wait::new(task), options)
        }

        /// The names of the cluster's nodes.
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
            key: impl Into<$crate::Key>,
            operations: impl IntoIterator<Item = $crate::Operation>,
        ) -> $crate::Command<$client, $crate::verb::Write> {
            let content = $crate::request::Content::write(operations.into_iter().collect());
            self.command($crate::verb::Write::new(key, Ok(content)))
        }

        fn command<V>(&self, verb: V) -> $crate::Command<$client, V> {
            $crate::Command::new(self.clone(), verb, $crate::verbs::default_options(self.cluster()))
        }
    };
}

pub(crate) use verbs;
