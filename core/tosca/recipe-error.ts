import { CoreError } from '../errors.ts'

/** A mistake in a recipe, or between a recipe and what exists. Its message is the whole answer to the client. */
export class RecipeError extends CoreError {
  constructor(message: string) {
    super('VALIDATION', message)
  }
}
