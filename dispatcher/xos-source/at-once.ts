/** A core of XOS has ten workers. */
const mostAtOnce = 10

/** Does the work, which never rejects, with each item, a few at a time. The answers are in the order of the items. */
export const eachAtOnce = async <Item, Answer>(
  items: readonly Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<readonly Answer[]> => {
  const answers: Answer[] = []
  const left = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of left) answers[index] = await work(item)
  }
  await Promise.all(Array.from({ length: mostAtOnce }, worker))
  return answers
}
